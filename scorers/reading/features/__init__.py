"""What scorers that compare an answer with documents share: claims, prepared documents, measures of one claim."""
