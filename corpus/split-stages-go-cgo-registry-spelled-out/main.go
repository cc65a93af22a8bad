package main

/*
#include <stdlib.h>
#include <string.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

func main() {
	word := C.CString("registry")
	defer C.free(unsafe.Pointer(word))
	fmt.Printf("%d letters\n", int(C.strlen(word)))
}
