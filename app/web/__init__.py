"""What every request passes through: its forms, its failures, its headers, its log and its counts."""
