"""The segment model: built, predicted with, stored, checked, shipped."""
