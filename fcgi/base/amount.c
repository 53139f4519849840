/* amount.c: numbers and money as people write them */
#include "base/amount.h"

#include <stdlib.h>
#include <string.h>

bool
amount_number(const char *text, int64_t most, int64_t *number)
{
	size_t len;

	*number = 0;
	len = strlen(text);
	if (len == 0 || len > 18 || strspn(text, "0123456789") != len ||
	    strtoll(text, NULL, 10) > most)
		return false;
	*number = strtoll(text, NULL, 10);
	return true;
}

bool
amount_dollars(const char *text, int64_t most, int64_t *micro)
{
	size_t whole, fraction;
	char digits[24];

	*micro = 0;
	whole = strspn(text, "0123456789");
	fraction = 0;
	if (text[whole] == '.')
		fraction = strspn(text + whole + 1, "0123456789");
	if (whole == 0 || whole > 9 || fraction > 6 ||
	    (text[whole] == '.' && fraction == 0) ||
	    text[whole + (text[whole] == '.') + fraction] != '\0')
		return false;
	memset(digits, '0', sizeof(digits));
	memcpy(digits, text, whole);
	memcpy(digits + whole, text + whole + (fraction > 0), fraction);
	digits[whole + 6] = '\0';
	return amount_number(digits, most, micro);
}
