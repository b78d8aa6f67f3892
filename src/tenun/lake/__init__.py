"""Where tables are kept: raw, core, link, out, as immutable Parquet snapshots with a manifest."""
