"""Files from relations: CSV and Parquet, report.html, report.xlsx, the manifest, and the folder that holds them."""
