package main

import "testing"

func TestAnswer(t *testing.T) {
	if answer() != "pong" {
		t.Fail()
	}
}
