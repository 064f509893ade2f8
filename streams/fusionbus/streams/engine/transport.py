"""The transport under which Faust finds the engine's consumer and producer."""

from faust.transport import drivers
from faust.transport.drivers import aiokafka as driver

from fusionbus.streams.engine.consumer import EngineConsumer
from fusionbus.streams.engine.producer import EngineProducer

SCHEME = "fusionengine"


class EngineTransport(driver.Transport):
    """Kafka with strict delivery (aiokafka) and fast sends (librdkafka)."""

    Consumer = EngineConsumer
    Producer = EngineProducer


drivers.TRANSPORTS.aliases[SCHEME] = f"{__name__}:EngineTransport"
