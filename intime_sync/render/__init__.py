"""Values to text: plans, reports and problems for people and for scripts. Prints nothing, reads no environment."""
