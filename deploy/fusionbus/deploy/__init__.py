"""Deploy: local broker, provisioning, demo supervisor."""
