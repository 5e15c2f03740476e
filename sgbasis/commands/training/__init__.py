"""Commands that train models and judge them."""
