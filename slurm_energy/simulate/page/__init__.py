"""The report of a study, made of figures and tables; begin with :mod:`.report`."""
