// PolicyIR
