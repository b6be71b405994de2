"""The reviewer's questions: is a tree's score correct, is it complete, is it reproducible."""
