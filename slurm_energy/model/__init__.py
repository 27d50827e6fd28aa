"""The nouns: frozen values, standard library only. Times are whole seconds since the epoch, UTC."""
