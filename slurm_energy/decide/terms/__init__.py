"""What a job asks for: its tag, the site's rules, and the contract that comes of them."""
