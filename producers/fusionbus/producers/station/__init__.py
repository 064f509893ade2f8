"""A police station: registers its reports for days without a line, and syncs when there is one."""
