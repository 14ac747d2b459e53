"""The vocabulary of the field: resident ids, region codes, code lists, periods, money.

Plain Python that imports nothing else of doudi. Everything here is a value: frozen, typed and without state.
"""
