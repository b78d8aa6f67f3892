"""Answers of Kemendesa's services: the village development index (IDM) and SDGs Desa.

    from tenun.sources.kemendesa import idm, sdgs

Their tables lie in the lake by regency (`52.01`), not by village: see `village_tables`.
"""
