"""Adds the functions that PMML defines (the chapter on built-in functions, versions 4.0 to 4.4) to the list of operators."""
from operator_lists import merge

FUNCTIONS = """
+ - * / min max sum avg median product log10 ln sqrt abs exp pow threshold floor ceil round modulo rint expm1 hypot ln1p
isMissing isNotMissing isValid isNotValid equal notEqual lessThan lessOrEqual greaterThan greaterOrEqual and or not isIn isNotIn if
uppercase lowercase stringLength substring trimBlanks concat replace matches formatNumber formatDatetime dateDaysSinceYear
dateSecondsSinceYear dateSecondsSinceMidnight sin asin sinh cos acos cosh tan atan tanh erf normalCDF normalPDF stdNormalCDF
stdNormalPDF normalIDF stdNormalIDF
"""

merge({("pmml", name): "function of PMML" for name in FUNCTIONS.split()})
