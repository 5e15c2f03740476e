"""The forms in which predictions are written: tables with one row for each crystal, workbooks, reports."""
