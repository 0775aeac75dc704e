"""The HTTP client: requests, responses, and the pooled connections between them."""
