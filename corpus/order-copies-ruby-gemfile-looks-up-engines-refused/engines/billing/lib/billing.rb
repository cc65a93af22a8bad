module Billing; TOTAL = 42; end
