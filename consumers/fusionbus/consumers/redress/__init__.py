"""Redress: what is held on a person is found, put right by its originators, and proved."""
