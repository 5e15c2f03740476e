"""``sgbasis explorer``: the pages of all settings, and crystals from files, in a browser on this machine."""

from __future__ import annotations

import click

from sgbasis.echo import echo_line


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port [default: any that is free].")
@click.option("--no-browser", is_flag=True, help="Print the address, and do not open a browser.")
def explorer(port: int, no_browser: bool) -> None:
    """Show the explorer in a browser, with crystals of your own.

    Serves a page for each of the 530 settings, and one on which a file of a crystal or a field can be dropped: it
    shows the setting, the sites and their encoding, predictions, and the structure in 3-D with a basis function of
    its group, or the field, over it.

    The server answers to this machine only (127.0.0.1). Files are read in a process of their own, which is limited
    in time and memory; nothing is sent anywhere or kept. Ctrl-C ends it.
    """
    from sgbasis.explorer.server.run_server import run_server

    run_server(port, open_browser=not no_browser, say=echo_line)
