import numpy as np

from customer_segmentation.config.starter_files import _age_bands
from customer_segmentation.exploration.roles.column_guesses import Guess


def test_bands_of_an_age_with_blanks_that_are_imputed():
    ages = np.array([31.0, np.nan, 64.0, 18.0])
    guess = Guess("Age", None, "", distinct=3, usable=np.ones(4, dtype=bool), numbers=ages)
    assert _age_bands(guess) == [18, 20, 30, 40, 50, 60]
