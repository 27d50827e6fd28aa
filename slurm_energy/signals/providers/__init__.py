"""The field's own sources, one small file each: fetch what is documented, judge nothing."""
