#include "tzif.h"

#include <ctype.h>
#include <string.h>

#define DAY_S   86400
#define NOW_MAX (INT64_C(1) << 40)

/* When daylight saving time begins or ends. */
struct change {
	enum { MONTH_WEEK_DAY, JULIAN_1, JULIAN_0 } kind;
	int month, week, day; /* day alone for the other kinds */
	int32_t time;         /* s from the beginning of that day */
};

/* Steps over a zone's name: letters, or anything of letters, digits and signs in < >. */
static bool skip_name(const char **at)
{
	const char *p = *at;

	if (*p == '<') {
		p += strcspn(p, ">");
		if (!*p || p - *at < 4)
			return false;
		*at = p + 1;
		return true;
	}
	while (isalpha((unsigned char)*p))
		p++;
	if (p - *at < 3)
		return false;
	*at = p;
	return true;
}

static bool number(const char **at, int min, int max, int *out)
{
	int n = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		n = n * 10 + (**at - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return n >= min;
}

/* [+-]HH[:MM[:SS]], in s. */
static bool parse_time(const char **at, int hours, int32_t *out)
{
	const int sign = **at == '-' ? -1 : 1;
	int h, m = 0, s = 0;

	if (**at == '-' || **at == '+')
		(*at)++;
	if (!number(at, 0, hours, &h))
		return false;
	if (**at == ':' && ((*at)++, !number(at, 0, 59, &m)))
		return false;
	if (**at == ':' && ((*at)++, !number(at, 0, 59, &s)))
		return false;
	*out = sign * (h * 3600 + m * 60 + s);
	return true;
}

/* ,Mm.w.d[/TIME] ,Jn[/TIME] ,n[/TIME] */
static bool parse_change(const char **at, struct change *c)
{
	*c = (struct change){.time = 2 * 3600};
	if (*(*at)++ != ',')
		return false;
	if (**at == 'M') {
		(*at)++;
		c->kind = MONTH_WEEK_DAY;
		if (!number(at, 1, 12, &c->month) || *(*at)++ != '.' ||
		    !number(at, 1, 5, &c->week) || *(*at)++ != '.' || !number(at, 0, 6, &c->day))
			return false;
	} else if (**at == 'J') {
		(*at)++;
		c->kind = JULIAN_1;
		if (!number(at, 1, 365, &c->day))
			return false;
	} else {
		c->kind = JULIAN_0;
		if (!number(at, 0, 365, &c->day))
			return false;
	}
	if (**at != '/')
		return true;
	(*at)++;
	return parse_time(at, 167, &c->time);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to January 1 of the year. */
static int64_t days_to_year(int64_t year)
{
	const int64_t y = year - 1; /* whole years since the year 0, which nobody asks for */

	return 365 * (year - 1970) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) +
	       (y / 400 - 1969 / 400);
}

/* The calendar comes round after 400 years of 146097 days. */
static int64_t year_of(int64_t day)
{
	int64_t year = 1970 + day / 146097 * 400 + day % 146097 / 366;

	while (days_to_year(year + 1) <= day)
		year++;
	return year;
}

/* s from 1970 to that moment of local time in the year. */
static int64_t moment(const struct change *c, int64_t year)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	const bool leap = is_leap(year);
	int64_t first = days_to_year(year), day;
	int end;

	if (c->kind == JULIAN_0)
		return (first + c->day) * DAY_S + c->time;
	/* February 29 is never counted. */
	if (c->kind == JULIAN_1)
		return (first + c->day - 1 + (leap && c->day >= 60)) * DAY_S + c->time;
	end = before[c->month] - before[c->month - 1] + (leap && c->month == 2);
	first += before[c->month - 1] + (leap && c->month > 2);
	/* January 1 of 1970 was a Thursday. Week 5 is the last one. */
	day = (c->day - (first + 4) % 7 + 7) % 7 + (c->week - 1) * 7;
	return (first + (day < end ? day : day - 7)) * DAY_S + c->time;
}

bool tz_rule_offset(const char *rule, int64_t now, int32_t *out)
{
	const char *at = rule;
	struct change begin, end;
	int32_t standard, summer;
	int64_t from, to, year;

	/* Nobody starts a guest before 1970, or behind the year 36000. */
	now = now < 0 ? 0 : now > NOW_MAX ? NOW_MAX : now;
	if (!skip_name(&at) || !parse_time(&at, 24, &standard))
		return false;
	*out = -standard;
	if (!*at)
		return true;
	if (!skip_name(&at))
		return false;
	summer = standard - 3600;
	if (*at != ',' && *at && !parse_time(&at, 24, &summer))
		return false;
	if (!*at)
		at = ",M3.2.0,M11.1.0"; /* where nothing is said: the rule of the USA */
	if (!parse_change(&at, &begin) || !parse_change(&at, &end) || *at)
		return false;
	year = year_of((now - standard > 0 ? now - standard : 0) / DAY_S);
	from = moment(&begin, year) + standard;
	to = moment(&end, year) + summer;
	if (from < to ? now >= from && now < to : now >= from || now < to)
		*out = -summer;
	return true;
}
