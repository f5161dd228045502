# What each minion is to have: salt '*' state.apply
base:
  '*':
    - winras
    - vpn
