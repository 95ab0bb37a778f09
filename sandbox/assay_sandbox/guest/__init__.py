"""What runs inside the boundary; standard library only, sent to the container when it starts."""
