"""The paper loop: a printed sign-in sheet, its photograph, what is read from it, what the trainer confirms."""
