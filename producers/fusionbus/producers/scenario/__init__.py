"""The scenario: publicly known attacks, told again by several agencies in the project's own words."""
