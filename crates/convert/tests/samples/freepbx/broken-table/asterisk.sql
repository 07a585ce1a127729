CREATE TABLE `ps_endpoints` (`id` int);
INSERT INTO `ps_endpoints` VALUES (1);
