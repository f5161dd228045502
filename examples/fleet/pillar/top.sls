# By the names of minions, never by grains: a minion says itself what those are.
base:
  '*':
    - vpn
