#include "text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

char *text_file_read(const char *file, size_t max, size_t *len)
{
	const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	ssize_t n = 1;
	int saved;

	*len = 0;
	if (fd < 0)
		return NULL;
	text = malloc(max + 1);
	while (text && *len < max && (n = read(fd, text + *len, max - *len)) > 0)
		*len += (size_t)n;
	saved = text ? errno : ENOMEM;
	close(fd);
	if (!text || n < 0) {
		free(text);
		errno = saved;
		return NULL;
	}
	text[*len] = '\0';
	return text;
}
