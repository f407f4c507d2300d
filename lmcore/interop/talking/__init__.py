"""How is a model talked to from the window? Requests and answers as lines of JSON; `worker` says which there are."""
