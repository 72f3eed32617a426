"""Charts that people understand, the same for report and dashboard."""
