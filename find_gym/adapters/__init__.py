"""Other libraries: each adapter is a module or package of its own, imported only where it is asked for."""
