"""The explorer: pages of HTML for the 530 settings, with surfaces that the browser computes from the store."""
