"""Knowledge: reports that explain the others, judgements, and the index of all documents."""
