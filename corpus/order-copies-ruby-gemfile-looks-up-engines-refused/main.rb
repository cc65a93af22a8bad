require "billing"

puts "the bill is #{Billing::TOTAL}"
