"""What the village information system (SID) promises to hold."""
