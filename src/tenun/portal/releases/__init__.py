"""What others than the two ministries may see: requests, consents, previews, and the feed (Pasal 7(2))."""
