/* A race planted on purpose: where ThreadSanitizer does not tell it, its silence elsewhere means
 * nothing. */
#include <pthread.h>
#include <stdio.h>

static int counter;

static void *count(void *context)
{
    for (int i = 0; i < 1000; i++) {
        counter++;
    }
    return context;
}

int main(void)
{
    pthread_t other;
    if (pthread_create(&other, NULL, count, NULL) != 0) {
        return 1;
    }
    count(NULL);
    pthread_join(other, NULL);
    printf("counted to %d\n", counter);
    return 0;
}
