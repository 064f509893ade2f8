"""The `fusionbus` command of this very interpreter, whatever the path says: `python -m fusionbus.deploy.demo_child`."""

from fusionbus.shell.cli import main

if __name__ == "__main__":
    main()
