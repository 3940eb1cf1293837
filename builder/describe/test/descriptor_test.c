/*
 * The grammar of descriptors: what is read, every error and its place, and overrides.
 * With --seeds DIR: writes descriptors to DIR, for descriptor_fuzz to start from.
 */
#include "base/test/diag_expect.h"

#include "builder/describe/descriptor.h"

/* Parses text from memory of just its size, so that the sanitizers see a read past its end. */
static void parse_bytes(const char *text, size_t len, struct descriptor *c, struct diag *d)
{
	char *copy = malloc(len ? len : 1);
	size_t errors;

	assert_non_null(copy);
	memcpy(copy, text, len);
	errors = descriptor_parse("a.cfg", copy, len, c, d);
	assert_int_equal(errors, diag_count(d));
	free(copy);
}

/* The statements as text: key@LINE:COL=value@LINE:COL;... */
static void dump_value(const struct value *v, FILE *f)
{
	switch (v->kind) {
	case VALUE_INT:
		fprintf(f, "%lld", (long long)v->i);
		break;
	case VALUE_STRING:
		fprintf(f, "\"%s\"", v->s);
		break;
	case VALUE_BARE:
		fprintf(f, "bare %s", v->s);
		break;
	case VALUE_BAD:
		fputs("bad", f);
		break;
	case VALUE_LIST:
		fputc('[', f);
		for (size_t i = 0; i < v->nr_items; i++) {
			dump_value(&v->items[i], f);
			fputc(',', f);
		}
		fputc(']', f);
		break;
	}
	fprintf(f, "%s@%u:%u", v->added ? "+" : "", v->loc.line, v->loc.column);
}

static void expect_statements(const struct descriptor *c, const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < c->n; i++) {
		const struct statement *st = &c->statements[i];

		fprintf(f, "%s@%u:%u=", st->key, st->loc.line, st->loc.column);
		dump_value(&st->value, f);
		fputc('\n', f);
	}
	fclose(f);
	assert_string_equal(text, want);
	free(text);
}

static void parses(const char *text, const char *want, const char *errors)
{
	struct descriptor c;
	struct diag d = {0};

	parse_bytes(text, strlen(text), &c, &d);
	expect_statements(&c, want);
	expect_diag(&d, errors);
	descriptor_free(&c);
}

static void test_grammar(void **state)
{
	(void)state;
	parses("", "", "");
	parses("\n\n", "", "");
	parses(" ; ;\t;\n# only a comment\n", "", "");
	parses("#a\nb=1;;;;c='2'\t;\td=3;", "b@2:1=1@2:3\nc@2:8=\"2\"@2:10\nd@2:16=3@2:18\n", "");
	parses("memory = 256", "memory@1:1=256@1:10\n", "");
	parses("memory=256\n", "memory@1:1=256@1:8\n", "");
	parses("\tmemory\t=\t256\t# MiB\n", "memory@1:2=256@1:11\n", "");
	parses("a=1;b=2 ; c=3;", "a@1:1=1@1:3\nb@1:5=2@1:7\nc@1:11=3@1:13\n", "");
	parses("a='x'#y\nb=\"z # z\"\n", "a@1:1=\"x\"@1:3\nb@2:1=\"z # z\"@2:3\n", "");
	parses("a.b_1=1", "a.b_1@1:1=1@1:7\n", "");
	parses("l=[]", "l@1:1=[]@1:3\n", "");
	parses("l = [ 'a', 2, \"c\" ]\n", "l@1:1=[\"a\"@1:7,2@1:12,\"c\"@1:15,]@1:5\n", "");
	parses("l=['a',]\nm=[\n# none\n]\n", "l@1:1=[\"a\"@1:4,]@1:3\nm@2:1=[]@2:3\n", "");
	parses("l=[\n 'a', # one\n\n 'b'\n ,\n# two\n]\nm=1\n",
	       "l@1:1=[\"a\"@2:2,\"b\"@4:2,]@1:3\nm@8:1=1@8:3\n", "");
}

static void test_integers(void **state)
{
	(void)state;
	parses("a=0;b=10;c=010;d=0x1f;e=9223372036854775807",
	       "a@1:1=0@1:3\nb@1:5=10@1:7\nc@1:10=8@1:12\nd@1:16=31@1:18\n"
	       "e@1:23=9223372036854775807@1:25\n",
	       "");
	/* Digits that are no integer are a string, as they are to xl. */
	parses("a=9223372036854775808", "a@1:1=\"9223372036854775808\"@1:3\n", "");
	parses("a=08;b=0x;c=1a;d=0x0x",
	       "a@1:1=\"08\"@1:3\nb@1:6=\"0x\"@1:8\nc@1:11=\"1a\"@1:13\n"
	       "d@1:16=\"0x0x\"@1:18\n",
	       "");
	parses("a=0xFF", "a@1:1=bad@1:3\n",
	       "a.cfg:1:3: '0xFF': hexadecimal digits and the x are in lower case, or in quotes\n");
	parses("a=12k", "a@1:1=bad@1:3\n",
	       "a.cfg:1:3: '12k' is not an integer, and a string needs quotes\n");
	parses("a=1.5", "a@1:1=bad@1:3\n",
	       "a.cfg:1:3: '1.5' is not an integer, and a string needs quotes\n");
	parses("a=-1\nb=+1\n", "a@1:1=bad@1:3\nb@2:1=bad@2:3\n",
	       "a.cfg:1:3: an integer has no sign\na.cfg:2:3: an integer has no sign\n");
}

static void test_strings(void **state)
{
	(void)state;
	parses("a=''", "a@1:1=\"\"@1:3\n", "");
	parses("a='\"'\nb=\"'\"", "a@1:1=\"\"\"@1:3\nb@2:1=\"'\"@2:3\n", "");
	parses("a='\\'\\\"\\\\|\\a\\b\\f\\n\\r\\t\\v'", "a@1:1=\"'\"\\|\a\b\f\n\r\t\v\"@1:3\n", "");
	parses("a=\"\\x41\\x4a\\x4B\"", "a@1:1=\"AJK\"@1:3\n",
	       "a.cfg:1:4: note: not portable to xl: it refuses \\x in a string\n"
	       "a.cfg:1:8: note: not portable to xl: it refuses \\x in a string\n"
	       "a.cfg:1:12: note: not portable to xl: it refuses \\x in a string\n");
	parses("a='x\\101y\\0 7z'", "a@1:1=\"xyz\"@1:3\n",
	       "a.cfg:1:5: note: \\101 in a string is nothing, as it is to xl: write the character "
	       "itself\n"
	       "a.cfg:1:10: note: \\0 7 in a string is nothing, as it is to xl: write the "
	       "character "
	       "itself\n");
	parses("a='\\1234\\0-12'", "a@1:1=\"\"@1:3\n",
	       "a.cfg:1:4: note: \\1234 in a string is nothing, as it is to xl: write the "
	       "character "
	       "itself\n"
	       "a.cfg:1:9: note: \\0-12 in a string is nothing, as it is to xl: write the "
	       "character "
	       "itself\n");
	parses("a='x\\1'\nb='\\12x'\nc='\\0-'\n", "a@1:1=bad@1:3\nb@2:1=bad@2:3\nc@3:1=bad@3:3\n",
	       "a.cfg:1:5: \\1 in a string: there are no octal escapes, write the character "
	       "itself\n"
	       "a.cfg:2:4: \\1 in a string: there are no octal escapes, write the character "
	       "itself\n"
	       "a.cfg:3:4: \\0 in a string: there are no octal escapes, write the character "
	       "itself\n");
	parses("a=\"\xc3\xa4\ty\"", "a@1:1=\"\xc3\xa4\ty\"@1:3\n", "");
	parses("a='x\nb=1\n", "a@1:1=bad@1:3\nb@2:1=1@2:3\n",
	       "a.cfg:1:3: the string has no closing ' on its line\n");
	parses("a=\"x\\", "a@1:1=bad@1:3\n",
	       "a.cfg:1:3: the string has no closing \" on its line\n");
	parses("a=\"x\\\ny\"", "a@1:1=bad@1:3\ny@2:1=bad@2:1\n",
	       "a.cfg:1:3: the string has no closing \" on its line\n"
	       "a.cfg:2:2: expected '=' after the key, found a string\n");
	parses("a='x\\qy\\8'", "a@1:1=bad@1:3\n",
	       "a.cfg:1:5: unknown escape \\q in a string\n"
	       "a.cfg:1:8: unknown escape \\8 in a string\n");
	parses("a='\\\xc3\xa4'", "a@1:1=bad@1:3\n",
	       "a.cfg:1:4: unknown escape \\ 0xc3 in a string\n");
	parses("a='\\x4'", "a@1:1=bad@1:3\n",
	       "a.cfg:1:4: \\x needs two hexadecimal digits after it\n");
	parses("a='\\xg1'", "a@1:1=bad@1:3\n",
	       "a.cfg:1:4: \\x needs two hexadecimal digits after it\n");
	parses("a='x\\x00'", "a@1:1=bad@1:3\n", "a.cfg:1:5: a string can't hold a NUL\n");
	parses("a='x\x1by'", "a@1:1=\"x\x1by\"@1:3\n", "");
	parses("a=x y\nb=/boot/k-1;c=1", "a@1:1=bad@1:3\nb@2:1=bad@2:3\nc@2:13=1@2:15\n",
	       "a.cfg:1:3: a string needs quotes: 'x'\n"
	       "a.cfg:2:3: a string needs quotes: '/boot/k-1'\n");
	parses("a=xxxxxxxxxxyyyyyyyyyyxxxxxxxxxxyyyyyyyyyyz", "a@1:1=bad@1:3\n",
	       "a.cfg:1:3: a string needs quotes: 'xxxxxxxxxxyyyyyyyyyyxxxxxxxxxxyyyyyyyyyy...'\n");
}

static void test_statements(void **state)
{
	(void)state;
	parses("a = \nb =;c =# x\nd =",
	       "a@1:1=bad@1:5\nb@2:1=bad@2:4\nc@2:5=bad@2:11\nd@3:1=bad@3:4\n",
	       "a.cfg:1:5: expected a value, found the end of the line\n"
	       "a.cfg:2:4: expected a value, found ';'\n"
	       "a.cfg:2:11: expected a value, found the end of the line\n"
	       "a.cfg:3:4: expected a value, found the end of the file\n");
	parses("memory 256\nhello world\nx",
	       "memory@1:1=bad@1:1\nhello@2:1=bad@2:1\nx@3:1=bad@3:1\n",
	       "a.cfg:1:8: expected '=' after the key, found '256'\n"
	       "a.cfg:2:7: expected '=' after the key, found 'world'\n"
	       "a.cfg:3:2: expected '=' after the key, found the end of the file\n");
	parses("a + = 1\nb+\nc+ =1", "a@1:1=bad@1:1\nb@2:1=bad@2:1\nc@3:1=bad@3:1\n",
	       "a.cfg:1:3: expected '=' after the key, found '+'\n"
	       "a.cfg:2:2: expected '=' after the key, found '+'\n"
	       "a.cfg:3:2: expected '=' after the key, found '+'\n");
	parses("a == 1", "a@1:1=bad@1:4\n", "a.cfg:1:4: expected a value, found '='\n");
	parses("a=1 b=2\nc='x' 'y';d=1", "a@1:1=bad@1:3\nc@2:1=bad@2:3\nd@2:11=1@2:13\n",
	       "a.cfg:1:5: expected a newline or ';' after the value, found 'b'\n"
	       "a.cfg:2:7: expected a newline or ';' after the value, found a string\n");
	parses("1a=2\n= 3\n'x'=4\n\xc3\xa4=5\n\x01\n", "",
	       "a.cfg:1:1: expected a key, found '1a'\n"
	       "a.cfg:2:1: expected a key, found '='\n"
	       "a.cfg:3:1: expected a key, found a string\n"
	       "a.cfg:4:1: expected a key, found the byte 0xc3\n"
	       "a.cfg:5:1: expected a key, found the control character 0x01\n");
}

static void test_lists(void **state)
{
	(void)state;
	parses("l=['a' 'b,c'\n'd']\nm=1", "l@1:1=bad@1:3\nm@3:1=1@3:3\n",
	       "a.cfg:1:8: expected ',' or ']' in the list, found a string\n"
	       "a.cfg:2:1: expected ',' or ']' in the list, found a string\n");
	parses("l=[a, 'b', 0X, -1, =]\nm=1", "l@1:1=bad@1:3\nm@2:1=1@2:3\n",
	       "a.cfg:1:4: a string needs quotes: 'a'\n"
	       "a.cfg:1:12: '0X' is not an integer, and a string needs quotes\n"
	       "a.cfg:1:16: an integer has no sign\n"
	       "a.cfg:1:20: expected a value, found '='\n");
	parses("l=[,'a',,]\nm=1", "l@1:1=bad@1:3\nm@2:1=1@2:3\n",
	       "a.cfg:1:4: expected a value, found ','\na.cfg:1:9: expected a value, found ','\n");
	parses("l=[['a', ']'], 'b', [\n[1]\n#,\n], []]\nm=1",
	       "l@1:1=[[\"a\"@1:5,\"]\"@1:10,]@1:4,\"b\"@1:16,[[1@2:2,]@2:1,]@1:21,[]@4:4,]@1:3\n"
	       "m@5:1=1@5:3\n",
	       "");
	parses("l=[['a' 'b'], [c, 'd']]\nm=1", "l@1:1=bad@1:3\nm@2:1=1@2:3\n",
	       "a.cfg:1:9: expected ',' or ']' in the list, found a string\n"
	       "a.cfg:1:16: a string needs quotes: 'c'\n");
	/* Of several that are not closed the innermost is named. */
	parses("l=[['a'], ['b'\nm += 1\n", "l@1:1=bad@1:3\nm@2:1=1+@2:6\n",
	       "a.cfg:1:11: the list has no closing ]\n");
	parses("l=[[1]\nm = 1\nn=[", "l@1:1=bad@1:3\nm@2:1=1@2:5\nn@3:1=bad@3:3\n",
	       "a.cfg:1:3: the list has no closing ]\na.cfg:3:3: the list has no closing ]\n");
	parses("l=[[[[[[[[[[[[[[[['x']]]]]]]]]]]]]]]]\nm=1",
	       "l@1:1=[[[[[[[[[[[[[[[[\"x\"@1:19,]@1:18,]@1:17,]@1:16,]@1:15,]@1:14,]@1:13,]@1:12,]"
	       "@1:11,"
	       "]@1:10,]@1:9,]@1:8,]@1:7,]@1:6,]@1:5,]@1:4,]@1:3\nm@2:1=1@2:3\n",
	       "");
	parses("l=[[[[[[[[[[[[[[[[['x']]]]]]]]]]]]]]]]]\nm=1", "l@1:1=bad@1:3\n",
	       "a.cfg:1:19: lists are more than 16 deep\n");
	parses("l=[ 'a',\n 'b'\nm=1\n", "l@1:1=bad@1:3\nm@3:1=1@3:3\n",
	       "a.cfg:1:3: the list has no closing ]\n");
	parses("l=[ 'a'\nm  = 1\n", "l@1:1=bad@1:3\nm@2:1=1@2:6\n",
	       "a.cfg:1:3: the list has no closing ]\n");
	parses("l=[ 'a',", "l@1:1=bad@1:3\n", "a.cfg:1:3: the list has no closing ]\n");
	parses("l=['a'; m=1\nn=2", "l@1:1=bad@1:3\nn@2:1=2@2:3\n",
	       "a.cfg:1:7: expected ',' or ']' in the list, found ';'\n"
	       "a.cfg:1:3: the list has no closing ]\n");
	/* Where quotes are missing, what is between the commas of one string is no further cause.
	 */
	parses("l=[ /a,raw,xvda ]\nm=1", "l@1:1=bad@1:3\nm@2:1=1@2:3\n",
	       "a.cfg:1:5: a string needs quotes: '/a'\n");
	parses("l=[ a,\nb,c ]\nm=1", "l@1:1=bad@1:3\nm@3:1=1@3:3\n",
	       "a.cfg:1:5: a string needs quotes: 'a'\n"
	       "a.cfg:2:1: a string needs quotes: 'b'\n");
	parses("l=[ 'a,w, '/b,raw,c' ]\nm=1", "l@1:1=bad@1:3\nm@2:1=1@2:3\n",
	       "a.cfg:1:12: expected ',' or ']' in the list, found '/'\n");
	parses("l=[a]; m=b; n=[c]", "l@1:1=bad@1:3\nm@1:8=bad@1:10\nn@1:13=bad@1:15\n",
	       "a.cfg:1:4: a string needs quotes: 'a'\n"
	       "a.cfg:1:10: a string needs quotes: 'b'\n"
	       "a.cfg:1:16: a string needs quotes: 'c'\n");
	parses("l=['a\n,'b']\nm=1", "l@1:1=bad@1:3\nm@3:1=1@3:3\n",
	       "a.cfg:1:4: the string has no closing ' on its line\n");
	parses("l=[1] 2", "l@1:1=bad@1:3\n",
	       "a.cfg:1:7: expected a newline or ';' after the value, found '2'\n");
}

static void test_bytes(void **state)
{
	struct descriptor c;
	struct diag d = {0};
	char *big;

	(void)state;
	parses("a=1\r\nb='x'\r\n# c\r\n\r\nl=[\r\n2\r\n]\r\n",
	       "a@1:1=1@1:3\nb@2:1=\"x\"@2:3\nl@5:1=[2@6:1,]@5:3\n",
	       "a.cfg:1:4: note: not portable to xl: it refuses DOS line ends (CRLF)\n");
	/* Behind a comment, or as the last byte, a carriage return is nothing to xl. */
	parses("# x\r\na=1 # y\r\nb=2\r", "a@2:1=1@2:3\nb@3:1=2@3:3\n", "");
	parses("a=1\rb=2\n", "a@1:1=bad@1:3\n",
	       "a.cfg:1:4: expected a newline or ';' after the value, found the control character "
	       "0x0d\n");
	parses("# a\x07\x07\nb=1 # \xff", "b@2:1=1@2:3\n",
	       "a.cfg:2:5: note: not portable to xl: it wants a newline behind a comment in the "
	       "last "
	       "line\n");
	parses("a=1 #", "a@1:1=1@1:3\n", "");
	parses("\xef\xbb\xbf"
	       "a=1",
	       "a@1:4=1@1:6\n",
	       "a.cfg:1:1: note: not portable to xl: it refuses a byte order mark\n");
	parses("\xff\xfe"
	       "a",
	       "", "a.cfg:1:1: the file is UTF-16: a descriptor is ASCII or UTF-8\n");

	parse_bytes("a=1\nb=\0002\n", 9, &c, &d);
	assert_int_equal(c.n, 0);
	expect_diag(&d, "a.cfg:2:3: NUL byte: this is not a text file\n");
	descriptor_free(&c);

	big = malloc(DESCRIPTOR_MAX + 1);
	memset(big, '\n', DESCRIPTOR_MAX + 1);
	parse_bytes(big, DESCRIPTOR_MAX, &c, &d);
	expect_diag(&d, "");
	descriptor_free(&c);
	parse_bytes(big, DESCRIPTOR_MAX + 1, &c, &d);
	expect_diag(&d, "a.cfg: 65537 bytes are too long for a descriptor (at most 65536)\n");
	descriptor_free(&c);
	free(big);
}

static void override(const char *text, const char *want, const char *errors)
{
	struct diag d = {0};
	struct statement st = {.key = (char *)"k", .loc = {"cmd", 1, 5}};
	struct descriptor c = {.statements = &st, .n = 1};
	int rc = descriptor_parse_override(text, (struct loc){"cmd", 1, 10}, &st.value, &d);

	assert_int_equal(rc, *errors ? -1 : 0);
	expect_statements(&c, want);
	expect_diag(&d, errors);
	value_free(&st.value);
}

static void test_override(void **state)
{
	(void)state;
	override("256", "k@1:5=bare 256@1:10\n", "");
	override("", "k@1:5=bare @1:10\n", "");
	override("a b 'c' #x", "k@1:5=bare a b 'c' #x@1:10\n", "");
	override("[]", "k@1:5=[]@1:10\n", "");
	override("[0, a b ,'c','d,e',#f,]",
		 "k@1:5=[bare 0@1:11,bare a b@1:14,\"c\"@1:19,\"d,e\"@1:23,bare #f@1:29,]@1:10\n",
		 "");
	override("[a=1]", "k@1:5=[bare a=1@1:11,]@1:10\n", "");
	override("[0", "k@1:5=bad@1:10\n", "cmd:1:10: the list has no closing ]\n");
	override("[0]x", "k@1:5=bad@1:10\n", "cmd:1:13: text after the list's ]\n");
	override("[,]", "k@1:5=bad@1:10\n", "cmd:1:11: expected a value, found ','\n");
	override("['a'#]", "k@1:5=bad@1:10\n",
		 "cmd:1:14: expected ',' or ']' in the list, found '#'\n");
	override("[[0],a b]", "k@1:5=[[bare 0@1:12,]@1:11,bare a b@1:15,]@1:10\n", "");
	override("['a]", "k@1:5=bad@1:10\n",
		 "cmd:1:11: the string has no closing ' on its line\n"
		 "cmd:1:10: the list has no closing ]\n");
}

/* The errors of a replaced value are removed with it, and no others. */
static void test_set(void **state)
{
	static const char text[] = "a=x\nb=y\na=[q,\nr]\nc=z\nd=1\n";
	struct descriptor c;
	struct diag d = {0};
	struct value v = {.kind = VALUE_INT, .loc = {"cmd", 1, 9}, .i = 7};

	(void)state;
	parse_bytes(text, strlen(text), &c, &d);
	assert_int_equal(d.n, 5);
	assert_int_equal(descriptor_set(&c, "a", v.loc, &v, &d), 0);
	assert_int_equal(descriptor_set(&c, "e", v.loc, &v, &d), 0);
	descriptor_unset(&c, "c", &d);
	descriptor_unset(&c, "none", &d);
	expect_statements(&c, "b@2:1=bad@2:3\nd@6:1=1@6:3\na@1:9=7@1:9\ne@1:9=7@1:9\n");
	assert_int_equal(descriptor_find(&c, "a")->value.i, 7);
	assert_null(descriptor_find(&c, "c"));
	expect_diag(&d, "a.cfg:2:3: a string needs quotes: 'y'\n");
	descriptor_free(&c);
}

/* '+=' puts lists and strings together, as xl does; only the newest of two is added to. */
static void test_added(void **state)
{
	static const char text[] = "a='\\x41'\na+='\\x42'\nb=1\na+=[\n";
	struct descriptor c;
	struct diag d = {0};

	(void)state;
	parses("a='x'\na += \"y\";a+=1\n", "a@1:1=\"xy1\"+@1:3\na@2:1=bad@2:6\na@2:10=bad@2:13\n",
	       "");
	parses("a=1;b=2;a+=2", "a@1:1=\"12\"+@1:3\nb@1:5=2@1:7\na@1:9=bad@1:12\n", "");
	parses("a+=1", "a@1:1=1+@1:4\n", "");
	parses("l=['a','b']\nl+=[2,[3]]\nl+=[]",
	       "l@1:1=[\"a\"@1:4,\"b\"@1:8,2@2:5,[3@2:8,]@2:7,]+@1:3\n"
	       "l@2:1=bad@2:4\nl@3:1=bad@3:4\n",
	       "");
	parses("a=1;a=2;a+='3'", "a@1:1=1@1:3\na@1:5=\"23\"+@1:7\na@1:9=bad@1:12\n", "");
	parses("a=['x']\na+='y'\na+=['z']",
	       "a@1:1=[\"x\"@1:4,\"z\"@3:5,]+@1:3\na@2:1=bad@2:4\na@3:1=bad@3:4\n",
	       "a.cfg:2:4: '+=' can't add a string to a list (line 1)\n");
	parses("a='x'\na+=['y']", "a@1:1=\"x\"+@1:3\na@2:1=bad@2:4\n",
	       "a.cfg:2:4: '+=' can't add a list to a string (line 1)\n");
	parses("a=x\na+='y'\n", "a@1:1=bad@1:3\na@2:1=bad@2:4\n",
	       "a.cfg:1:3: a string needs quotes: 'x'\n");

	/* What is said of all parts goes with the value. */
	parse_bytes(text, strlen(text), &c, &d);
	assert_int_equal(diag_notes(&d), 2);
	assert_int_equal(diag_count(&d), 1);
	descriptor_unset(&c, "a", &d);
	expect_statements(&c, "b@3:1=1@3:3\n");
	expect_diag(&d, "");
	descriptor_free(&c);
}

/* What two statements of one key have in common, to xl: digits are a string. */
static void test_equal(void **state)
{
	static const char text[] = "a=512;b='512';c=0x200;d=['512',[1]];e=[512,['1']];f=[512];"
				   "g=[512,[2]];h=[];i=x";
	static const char equal[][3] = {"ab", "ba", "de", "aa", "dd", "hh"};
	static const char other[][3] = {"ac", "df", "dg", "ad", "da", "fh", "ii", "ai", "ia", "hi"};
	struct descriptor c;
	struct diag d = {0};

	(void)state;
	parse_bytes(text, strlen(text), &c, &d);
	for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++)
		assert_true(value_equal(&c.statements[equal[i][0] - 'a'].value,
					&c.statements[equal[i][1] - 'a'].value));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_false(value_equal(&c.statements[other[i][0] - 'a'].value,
					 &c.statements[other[i][1] - 'a'].value));
	descriptor_free(&c);
	diag_free(&d);
}

static void check_integer(const char *text, int64_t want, const char *why)
{
	int64_t i = want;
	const char *said = value_integer(text, &i);

	assert_int_equal(i, want);
	assert_string_equal(said ? said : "", why ? why : "");
}

/* strtol's, with base 0. */
static void test_integer_text(void **state)
{
	static const char octal[] = "is not an integer: one that begins with 0 is octal";

	(void)state;
	check_integer("512", 512, NULL);
	check_integer(" \t+0x1F", 31, NULL);
	check_integer("0XfF", 255, NULL);
	check_integer("-010", -8, NULL);
	check_integer("-9223372036854775808", INT64_MIN, NULL);
	check_integer("9223372036854775808", 1, "is out of range");
	check_integer("-9223372036854775809", 1, "is out of range");
	check_integer("08", 1, octal);
	check_integer(" -019", 1, octal);
	check_integer("0x", 1, "is not an integer");
	check_integer("08x", 1, "is not an integer");
	check_integer("", 1, "is not an integer");
	check_integer(" ", 1, "is not an integer");
	check_integer("512 ", 1, "is not an integer");
	check_integer("512M", 1, "is not an integer");
	check_integer("--1", 1, "is not an integer");
}

static void test_many(void **state)
{
	char text[20000];
	struct descriptor c;
	struct diag d = {0};
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 1500; i++)
		len += (size_t)sprintf(text + len, "a=%d=\n", i);
	assert_int_equal(descriptor_parse("a.cfg", text, len, &c, &d), 1500);
	assert_int_equal(c.n, 1500);
	assert_int_equal(d.n, DIAG_MAX);
	assert_int_equal(d.lost, 500);
	descriptor_free(&c);
	diag_free(&d);
}

/* Every key, right and wrong, for descriptor_fuzz. */
static void write_seeds(const char *dir)
{
	write_text(dir, "good",
		   "# A guest.\nname = \"web\"; type = 'pvh'\nkernel = '/k'\nramdisk = '/r'\n"
		   "memory = 0x40\nmaxmem = 128\nvcpus = 2\nmaxvcpus = 04\n"
		   "cpus = [ '0-3,^1', 2, # two\n ]\ncpu_weight = 512\ncap = 50\n"
		   "uuid = '01234567-89ab-cdef-0123-456789abcdef'\nimage = 'linux'\n"
		   "ip = 'dhcp'\nroot = '/dev/xvda1 ro'\nextra = \"a=\\\"b\\x41\\101\\n\\\"\"\n"
		   "extra += ' c'\r\nprofile = []\nprofile += ['x']; memory = '0x40'\n"
		   "on_poweroff = 'destroy'\non_reboot = 'restart'\non_crash = 'preserve'\n"
		   "profile = [ 'a', 'b' ]\n");
	write_text(dir, "later",
		   "kernel = '/k'\nmemory = 64\ncmdline = 'x'\n"
		   "disk = [ 'tap:aio:qcow2:/a,hdc:cdrom,r', 'format=raw, vdev=xvda1, access=rw, "
		   "backendtype=qdisk, script=s, direct-io-safe, no-discard, target=/b,c' ]\n"
		   "vif = [ "
		   "'mac=00:16:3e:00:01:02,bridge=xenbr0,rate=10MB/s@20ms,ip=10.0.0.2,mtu=1500,"
		   "type=ioemu,model=e1000,vifname=v0,script=s,backend=d,devid=1,untrusted' ]\n"
		   "pci = [ '0000:36:00.0@1e,seize=1', 'name=a,rdm_policy=strict' ]\n"
		   "vnc = 1\nvnclisten = '[::1]:1'\nserial = 'pty'\nbios = 'ovmf'\n"
		   "memmap = '/m'\nafter = 'db'\nready = 'login'\ndriver_domain = 0\n"
		   "device_model_args = [ '-x' ]\ndevice_model_protocol = 'classic'\n");
	write_text(
		dir, "devices",
		"kernel = '/k'\nmemory = 64\nname = 'web'\n"
		"disk = [ '/dev/vg/a,raw,xvda,rw', 'UUID=1a2b,,xvdb,ro', "
		"'vdev=xvdc1,backendtype=phy,script=block,backend=0,discard,target=LABEL=a,b' ]\n"
		"vif = [ '', 'mac=00:16:3e:00:01:02,bridge=br0,vifname=web0,rate=10MB/s@20ms', "
		"'devid=7,mtu=9000,script=vif-bridge,type=vif,backend=Domain-0' ]\n"
		"device_timeout = 5\nafter = [ 'db', 'net-1' ]\nready = "
		"'control/feature-poweroff'\n"
		"ready_timeout = 3600\n");
	write_text(dir, "pci",
		   "type = 'hvm'\nmemory = 64\nmaxmem = 64\ndevice_model_restrict = 0\n"
		   "pci = [ '36:00.0@8', '0000:37:00.*,vslot=9,permissive=1', 'slot=4.1', "
		   "'id=8086:100e#2,rdm_policy=relaxed', 'name=nic,seize=0' ]\n"
		   "pci_seize = 1\npci_permissive = 0\npassthrough = 'sync_pt'\n"
		   "rdm = 'strategy=host,policy=relaxed'\nrdm_mem_boundary = 1024\n");
	write_text(dir, "same",
		   "kernel = '/k'\nmemory = 64\ndisk = [ '/a,,xvda', '/a,,xvdb', '/b,,51712' ]\n"
		   "vif = [ 'vifname=a', 'vifname=a', 'devid=0', 'mac=00:16:3e:00:00:01', "
		   "'mac=00:16:3e:00:00:01' ]\nready = '/x/..'\nafter = ['web', 'web']\n");
	write_text(dir, "wrong",
		   "memroy = 64\nmemory = 0 1\nkernel = /k\nx += 1\nvnuma = [ [ 'a', ']' ], 'b' ]\n"
		   "a = [ 'x' 'y', 08, -1\nb = 'z\nc\r\n\xef\xbb\xbf\n\x01d = \"\\q\\xg\\400\"\n");
	write_text(dir, "override", "[0,'1', a b ,]");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),  cmocka_unit_test(test_integers),
		cmocka_unit_test(test_strings),  cmocka_unit_test(test_statements),
		cmocka_unit_test(test_lists),    cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_override), cmocka_unit_test(test_set),
		cmocka_unit_test(test_many),     cmocka_unit_test(test_added),
		cmocka_unit_test(test_equal),    cmocka_unit_test(test_integer_text),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
