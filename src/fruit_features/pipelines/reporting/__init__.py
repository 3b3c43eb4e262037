"""What a run did: plots, a report for programs and a page for people."""
