"""Answers of Kemendesa's services: the village development index (IDM) and SDGs Desa."""
