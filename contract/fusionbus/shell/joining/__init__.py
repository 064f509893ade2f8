"""Everything an agency needs to begin with: a folder of scripts, settings, units and a test, made by one command."""
