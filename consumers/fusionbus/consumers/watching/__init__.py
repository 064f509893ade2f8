"""`fusionbus watch`: the live bus in a terminal. Looks (Kafka), what they say (pure) and the screen: a file each."""
