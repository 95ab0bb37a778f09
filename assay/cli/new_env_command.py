"""``assay new-env``: the scaffold of a plug-in environment."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli.base import command as assay_command


@assay_command("new-env")
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path), help="Folder to make.  [default: NAME]")
def command(name: str, into: Path | None) -> None:
    """Write the package of an environment of your own.

    It holds an environment that passes its audit, and a test. NAME is a plain name, or
    domain/name. Nothing that exists is touched.

    \b
    assay new-env my-puzzle
    assay new-env mine/puzzle --into plugins/puzzle
    """
    from assay.scaffold import names_of, write_package
    from assay_datasets import InputError
    from assay_envs import env_registry

    names = names_of(name)
    env_id = f"{names['domain']}/{names['puzzle']}"
    if env_id in env_registry.names():
        raise InputError(f"there is an environment {env_id} already; choose another name")
    folder = into or Path(names["project"])
    for path in write_package(name, folder):
        click.echo(str(path))
    click.echo(f"\nnext:  pip install -e {folder}  &&  assay audit {env_id}")
