package main

/*
#include <math.h>
#include <stdlib.h>
#cgo LDFLAGS: -lm

static double hypotenuse(double a, double b) { return sqrt(a * a + b * b); }
*/
import "C"

import "fmt"

func main() {
	fmt.Printf("hypotenuse %.1f\n", float64(C.hypotenuse(3, 4)))
}
