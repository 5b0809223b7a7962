import doctest

from customer_segmentation.segments import event_words, header_words


def test_examples_in_the_documentation():
    assert doctest.testmod(event_words).failed == 0
    assert doctest.testmod(header_words).failed == 0
